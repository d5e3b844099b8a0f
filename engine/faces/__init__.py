"""What is known about a face: geometry, landmarks, masks, quality, crops."""
