//! What ntoskrnl.exe exports, with its rules.
