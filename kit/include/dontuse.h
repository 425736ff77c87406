/* Microsoft's header of this name makes the analysis report functions without lengths; here it does
 * nothing. */
