/*
 * Called where a function needs more than a page of stack (its size in rax): touches each page on
 * the way, in order, so that Windows can grow the stack. Changes no register.
 */
__asm__(".globl ___chkstk_ms\n"
        "___chkstk_ms:\n"
        "    push %rax\n"
        "    push %rcx\n"
        "    lea 16(%rsp), %rcx\n"
        "1:  cmp $4096, %rax\n"
        "    jbe 2f\n"
        "    sub $4096, %rcx\n"
        "    orb $0, (%rcx)\n"
        "    sub $4096, %rax\n"
        "    jmp 1b\n"
        "2:  sub %rax, %rcx\n"
        "    orb $0, (%rcx)\n"
        "    pop %rcx\n"
        "    pop %rax\n"
        "    ret\n");
