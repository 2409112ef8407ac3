"""Image networks: one that ImageNet taught, and small ones that the workflow trains; their images and storage."""
