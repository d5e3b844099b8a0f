"""New footage in a project's media folders: seen, waited for until it stands still, taken in."""
