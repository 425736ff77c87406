//! Patches of MinGW's DDK headers, for a Microsoft-compatible compiler and for the Windows version
//! that drivers are for.
//!
//! The packages' own files stay as they are: the patches are made on the kit's copies.

use crate::patch::Patch;

/// A header that the kit patches.
pub(crate) struct PatchedHeader {
    /// Its path under MinGW's include folder.
    pub(crate) path: &'static str,
    /// The patches, in order.
    pub(crate) patches: &'static [Patch],
}

/// Every patched header.
pub(crate) const PATCHED: &[PatchedHeader] = &[MINGW, WDM];

const MINGW: PatchedHeader = PatchedHeader {
    path: "_mingw.h",
    patches: &[Patch {
        purpose: "keep the alignment attributes, which it removes for a compiler without __GNUC__",
        find: "#define _INC__MINGW_H\n",
        replace: "#define _INC__MINGW_H\n\n\
                  /* Clang knows __attribute__ in its Microsoft mode as well. */\n\
                  #ifndef __GNUC__\n\
                  #define __GNUC__ 4\n\
                  #define __GNUC_MINOR__ 4\n\
                  #endif\n",
    }],
};

const WDM: PatchedHeader = PatchedHeader {
    path: "ddk/wdm.h",
    patches: &[
        Patch {
            purpose: "import KeGetCurrentIrql, which it reads from CR8 inline",
            find: "\
FORCEINLINE
KIRQL
KeGetCurrentIrql(VOID)
{
  return (KIRQL)__readcr8();
}
",
            replace: "NTKERNELAPI KIRQL NTAPI KeGetCurrentIrql(VOID);\n",
        },
        Patch {
            purpose: "import KeLowerIrql, which it writes to CR8 inline",
            find: "\
FORCEINLINE
VOID
KeLowerIrql(IN KIRQL NewIrql)
{
  //ASSERT(KeGetCurrentIrql() >= NewIrql);
  __writecr8(NewIrql);
}
",
            replace: "NTKERNELAPI VOID NTAPI KeLowerIrql(IN KIRQL NewIrql);\n",
        },
        Patch {
            purpose: "import KfRaiseIrql, which it writes to CR8 inline",
            find: "\
FORCEINLINE
KIRQL
KfRaiseIrql(IN KIRQL NewIrql)
{
  KIRQL OldIrql;

  OldIrql = (KIRQL)__readcr8();
  //ASSERT(OldIrql <= NewIrql);
  __writecr8(NewIrql);
  return OldIrql;
}
",
            replace: "NTKERNELAPI KIRQL NTAPI KfRaiseIrql(IN KIRQL NewIrql);\n",
        },
        Patch {
            purpose: "import KeRaiseIrqlToDpcLevel, which it has inline",
            find: "\
FORCEINLINE
KIRQL
KeRaiseIrqlToDpcLevel(VOID)
{
  return KfRaiseIrql(DISPATCH_LEVEL);
}
",
            replace: "NTKERNELAPI KIRQL NTAPI KeRaiseIrqlToDpcLevel(VOID);\n",
        },
        Patch {
            purpose: "declare object types as Microsoft does: pointers to the kernel's data",
            find: "\
extern POBJECT_TYPE NTSYSAPI *CmKeyObjectType;
extern POBJECT_TYPE NTSYSAPI *ExEventObjectType;
extern POBJECT_TYPE NTSYSAPI *ExSemaphoreObjectType;
extern POBJECT_TYPE NTSYSAPI *IoFileObjectType;
extern POBJECT_TYPE NTSYSAPI *PsThreadType;
extern POBJECT_TYPE NTSYSAPI *SeTokenObjectType;
extern POBJECT_TYPE NTSYSAPI *PsProcessType;
extern POBJECT_TYPE NTSYSAPI *TmEnlistmentObjectType;
extern POBJECT_TYPE NTSYSAPI *TmResourceManagerObjectType;
extern POBJECT_TYPE NTSYSAPI *TmTransactionManagerObjectType;
extern POBJECT_TYPE NTSYSAPI *TmTransactionObjectType;
",
            replace: "\
extern POBJECT_TYPE *CmKeyObjectType;
extern POBJECT_TYPE *ExEventObjectType;
extern POBJECT_TYPE *ExSemaphoreObjectType;
extern POBJECT_TYPE *IoFileObjectType;
extern POBJECT_TYPE *PsThreadType;
extern POBJECT_TYPE *SeTokenObjectType;
extern POBJECT_TYPE *PsProcessType;
extern POBJECT_TYPE *TmEnlistmentObjectType;
extern POBJECT_TYPE *TmResourceManagerObjectType;
extern POBJECT_TYPE *TmTransactionManagerObjectType;
extern POBJECT_TYPE *TmTransactionObjectType;
",
        },
        Patch {
            purpose: "declare the debugger's state as Microsoft does: pointers to the kernel's data",
            find: "\
extern NTKERNELAPI BOOLEAN KdDebuggerNotPresent;
extern NTKERNELAPI BOOLEAN KdDebuggerEnabled;
#define KD_DEBUGGER_ENABLED KdDebuggerEnabled
#define KD_DEBUGGER_NOT_PRESENT KdDebuggerNotPresent
",
            replace: "\
extern PBOOLEAN KdDebuggerNotPresent;
extern PBOOLEAN KdDebuggerEnabled;
#define KD_DEBUGGER_ENABLED *KdDebuggerEnabled
#define KD_DEBUGGER_NOT_PRESENT *KdDebuggerNotPresent
",
        },
        Patch {
            purpose: "add the declarations of Windows 10 2004 that it lacks",
            find: "#endif /* __CLFSPROC_H__ */\n",
            replace: "#endif /* __CLFSPROC_H__ */\n\n#include \"wdm_additions.h\"\n",
        },
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patch;

    #[test]
    fn each_patch_fits_a_file_of_all_the_passages() {
        for header in PATCHED {
            let whole: String = header.patches.iter().map(|patch| patch.find).collect();
            let patched = patch::apply(header.path, &whole, header.patches).unwrap();
            assert!(!patched.contains("__writecr8"), "{patched}");
        }
    }

    #[test]
    fn each_patch_fails_without_its_passage() {
        for header in PATCHED {
            for gone in header.patches {
                let rest = header
                    .patches
                    .iter()
                    .filter(|patch| patch.find != gone.find);
                let rest: String = rest.map(|patch| patch.find).collect();
                assert!(
                    patch::apply(header.path, &rest, header.patches).is_err(),
                    "{}",
                    gone.purpose
                );
            }
        }
    }
}
