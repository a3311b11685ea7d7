/* ProcessPrng, the one function of bcryptprimitives.dll that Rust's standard library asks for. Windows has had it since
 * Windows 7, Wine since version 9. Only used where Wine lacks it; never shipped. */
#include <windows.h>

/* Called RtlGenRandom in the documentation; its real name in advapi32.dll is this. */
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    /* SIZE_T has 64 bits and ULONG 32: fill in pieces that fit. */
    const SIZE_T most = 1 << 30;

    while (length > 0) {
        SIZE_T piece = length < most ? length : most;
        if (!SystemFunction036(data, (ULONG)piece))
            return FALSE;
        data += piece;
        length -= piece;
    }
    return TRUE;
}
