//! The few places where MinGW's DDK headers do not fit a Microsoft-compatible compiler or the
//! Windows version that the driver is for, and what is put there instead.
//!
//! The packages' own files stay as they are: the edits are made on the kit's copies.

use crate::edit::Edit;

/// A header that the kit has with edits.
pub(crate) struct EditedHeader {
    /// Its path under MinGW's include folder.
    pub(crate) path: &'static str,
    /// The edits, in order.
    pub(crate) edits: &'static [Edit],
}

/// All of them.
pub(crate) const EDITED: &[EditedHeader] = &[MINGW, WDM];

const MINGW: EditedHeader = EditedHeader {
    path: "_mingw.h",
    edits: &[Edit {
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

const WDM: EditedHeader = EditedHeader {
    path: "ddk/wdm.h",
    edits: &[
        Edit {
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
        Edit {
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
        Edit {
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
        Edit {
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
        Edit {
            purpose: "add what Windows 10 2004 has and it does not know",
            find: "#endif /* __CLFSPROC_H__ */\n",
            replace: "#endif /* __CLFSPROC_H__ */\n\n#include \"wdm_additions.h\"\n",
        },
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit;

    #[test]
    fn each_edit_fits_a_file_that_is_made_of_all_the_passages() {
        for header in EDITED {
            let whole: String = header.edits.iter().map(|edit| edit.find).collect();
            let edited = edit::apply(header.path, &whole, header.edits).unwrap();
            assert!(!edited.contains("__writecr8"), "{edited}");
        }
    }

    #[test]
    fn each_edit_is_missed_when_its_passage_is_gone() {
        for header in EDITED {
            for gone in header.edits {
                let rest = header.edits.iter().filter(|edit| edit.find != gone.find);
                let rest: String = rest.map(|edit| edit.find).collect();
                assert!(
                    edit::apply(header.path, &rest, header.edits).is_err(),
                    "{}",
                    gone.purpose
                );
            }
        }
    }
}
