/*
 * Declarations of the compiler intrinsics that the DDK's inline functions call.
 *
 * The DDK includes intrin.h. MinGW's own defines these functions in inline assembly for another
 * target. Here the declarations are enough: the compiler knows the names.
 */

#ifndef _INTRIN_H_
#define _INTRIN_H_

#ifdef __cplusplus
extern "C" {
#endif

/* Control register 8 holds the IRQL. */
unsigned __int64 __readcr8(void);
void __writecr8(unsigned __int64 Value);

/* The base of gs is the processor control region (KPCR). */
unsigned char __readgsbyte(unsigned long Offset);
unsigned short __readgsword(unsigned long Offset);
unsigned long __readgsdword(unsigned long Offset);
unsigned __int64 __readgsqword(unsigned long Offset);

/* String moves and stores. */
void __movsb(unsigned char *Destination, const unsigned char *Source, unsigned __int64 Count);
void __movsw(unsigned short *Destination, const unsigned short *Source, unsigned __int64 Count);
void __movsd(unsigned long *Destination, const unsigned long *Source, unsigned __int64 Count);
void __stosb(unsigned char *Destination, unsigned char Value, unsigned __int64 Count);
void __stosw(unsigned short *Destination, unsigned short Value, unsigned __int64 Count);
void __stosd(unsigned long *Destination, unsigned long Value, unsigned __int64 Count);
void __stosq(unsigned __int64 *Destination, unsigned __int64 Value, unsigned __int64 Count);

/* Port I/O. */
unsigned char __inbyte(unsigned short Port);
unsigned short __inword(unsigned short Port);
unsigned long __indword(unsigned short Port);
void __inbytestring(unsigned short Port, unsigned char *Buffer, unsigned long Count);
void __inwordstring(unsigned short Port, unsigned short *Buffer, unsigned long Count);
void __indwordstring(unsigned short Port, unsigned long *Buffer, unsigned long Count);
void __outbyte(unsigned short Port, unsigned char Value);
void __outword(unsigned short Port, unsigned short Value);
void __outdword(unsigned short Port, unsigned long Value);
void __outbytestring(unsigned short Port, unsigned char *Buffer, unsigned long Count);
void __outwordstring(unsigned short Port, unsigned short *Buffer, unsigned long Count);
void __outdwordstring(unsigned short Port, unsigned long *Buffer, unsigned long Count);

/* Arithmetic and waiting. */
unsigned __int64 __umulh(unsigned __int64 Left, unsigned __int64 Right);
void _mm_pause(void);
unsigned __int64 __rdtsc(void);
unsigned char _BitScanForward(unsigned long *Index, unsigned long Mask);
unsigned char _BitScanReverse(unsigned long *Index, unsigned long Mask);
unsigned char _BitScanForward64(unsigned long *Index, unsigned __int64 Mask);
unsigned char _BitScanReverse64(unsigned long *Index, unsigned __int64 Mask);
unsigned short _byteswap_ushort(unsigned short Value);
unsigned long _byteswap_ulong(unsigned long Value);
unsigned __int64 _byteswap_uint64(unsigned __int64 Value);

/* Stops: in the debugger, at a failed assertion, and for good. */
void __debugbreak(void);
void __int2c(void);
__declspec(noreturn) void __fastfail(unsigned int Code);

/* The caller. */
void *_ReturnAddress(void);
void *_AddressOfReturnAddress(void);

/* The order of accesses to memory. */
void _ReadWriteBarrier(void);
void _ReadBarrier(void);
void _WriteBarrier(void);

#ifdef __cplusplus
}
#endif

#endif /* _INTRIN_H_ */
