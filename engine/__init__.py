"""What computes: media, faces, extract, train and convert. It never imports fstui."""

__version__ = "0.1.0"
