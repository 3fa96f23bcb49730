/* What programs in qemu print with: no printf, so that nothing of it is in
 * them. */
void print(const char* text);
void print_bits(unsigned long bits);
