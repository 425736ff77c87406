//! What NETIO.SYS exports: the route API over a network stack.
