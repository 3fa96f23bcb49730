"""Programs of the host, evaluated ahead of time: what is left is a schedule of kernels on buffers."""
