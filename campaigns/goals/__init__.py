"""The federation's yearly goals and their progress."""
