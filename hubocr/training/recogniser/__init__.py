"""Training a CTC recogniser: what it needs beside the common loop, run and graph."""
