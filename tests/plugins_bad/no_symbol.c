/* A shared library, but no plugin. */
int a_function_of_no_interest(void);
int a_function_of_no_interest(void) { return 42; }
