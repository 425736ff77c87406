/*
 * The few functions of Windows that examples/c/route.c calls, for Linux on x86-64 and without a C
 * library. Both files are compiled for Windows, into ELF objects: types, layouts and calling
 * convention are those of Windows, and the program runs here.
 *
 * Each DeviceIoControl goes to the test on standard output: the code, the length of the input and
 * of the output buffer, the input. The test answers on standard input: one byte that says whether
 * the call succeeds, then the whole output buffer. Addresses are parsed by the test in the same
 * way, with the address family as code.
 */
typedef unsigned long DWORD;

static long long system_call(long long number, long long file, const void *bytes, long long length)
{
    long long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(file), "S"(bytes), "d"(length)
                     : "rcx", "r11", "memory");
    return result;
}

/* Reads (0) or writes (1) all of it; a test that went away ends the program. */
static void transfer(long long direction, void *bytes, DWORD length)
{
    char *next = (char *)bytes;

    while (length > 0) {
        long long done = system_call(direction, direction, next, length);
        if (done <= 0) {
            system_call(60, 3, 0, 0);
        }
        next += done;
        length -= (DWORD)done;
    }
}

static int ask(DWORD code, void *input, DWORD input_length, void *output, DWORD output_length)
{
    DWORD header[3] = {code, input_length, output_length};
    char succeeds;

    transfer(1, header, sizeof header);
    transfer(1, input, input_length);
    transfer(0, &succeeds, 1);
    transfer(0, output, output_length);
    return succeeds;
}

int DeviceIoControl(void *device, DWORD code, void *input, DWORD input_length, void *output,
                    DWORD output_length, DWORD *written, void *overlapped)
{
    (void)device, (void)overlapped;
    *written = output_length;
    return ask(code, input, input_length, output, output_length);
}

int inet_pton(int family, const char *text, void *address)
{
    DWORD length = 0;

    while (text[length] != 0) {
        length += 1;
    }
    return ask((DWORD)family, (void *)text, length, address, family == 2 ? 4 : 16);
}

unsigned long strtoul(const char *text, char **end, int base)
{
    unsigned long number = 0;

    (void)end;
    for (; *text >= '0' && *text <= '9'; text += 1) {
        number = number * (unsigned long)base + (unsigned long)(*text - '0');
    }
    return number;
}

void *memset(void *bytes, int value, unsigned long long length)
{
    for (unsigned long long index = 0; index < length; index += 1) {
        ((volatile char *)bytes)[index] = (char)value;
    }
    return bytes;
}

/* No device interface is listed: the list is its end alone. 0 is CR_SUCCESS. */
DWORD CM_Get_Device_Interface_List_SizeW(DWORD *length, void *class_guid, void *device, DWORD flags)
{
    (void)class_guid, (void)device, (void)flags;
    *length = 1;
    return 0;
}

DWORD CM_Get_Device_Interface_ListW(void *class_guid, void *device, short *paths, DWORD length,
                                    DWORD flags)
{
    (void)class_guid, (void)device, (void)length, (void)flags;
    paths[0] = 0;
    return 0;
}

void *CreateFileW(void) { return (void *)4; }
int CloseHandle(void *handle) { return handle != 0; }
DWORD GetLastError(void) { return 5010; }
int printf(const char *format) { return format == 0; }
int fprintf(void *file, const char *format) { return file == format; }
void *__acrt_iob_func(unsigned index) { (void)index; return 0; }
void __main(void) {}

/* Where Linux starts the program: the arguments lie on the stack. */
__attribute__((naked)) void _start(void)
{
    __asm__("mov (%rsp), %rcx\n"
            "lea 8(%rsp), %rdx\n"
            "and $-16, %rsp\n"
            "sub $32, %rsp\n"
            "call main\n"
            "mov %eax, %edi\n"
            "mov $60, %eax\n"
            "syscall");
}
