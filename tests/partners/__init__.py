"""The door of partner platforms, tried as the engineer of one."""
