"""Terminal output: progress, tables, and the handling of interrupts."""
