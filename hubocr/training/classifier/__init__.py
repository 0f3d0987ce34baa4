"""Training a direction classifier of lines or pages: what it needs beside the common bones."""
