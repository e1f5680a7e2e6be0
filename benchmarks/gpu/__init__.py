"""What `benchmarks.gpu_check` measures on a GPU, and a fake GPU on which every line of it runs without one."""
