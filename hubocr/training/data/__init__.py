"""What is common to the data of all trainers: mixing sources, splitting them, changing images."""
