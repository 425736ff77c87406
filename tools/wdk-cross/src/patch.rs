//! Patches of files from other projects. Each must match its file exactly once.

use std::fmt;

/// One replacement in one file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patch {
    /// The purpose, as the end of a sentence: "to …".
    pub(crate) purpose: &'static str,
    /// The text to find: exactly once.
    pub(crate) find: &'static str,
    /// The new text.
    pub(crate) replace: &'static str,
}

/// A patch that does not match its file exactly once.
#[derive(Debug)]
pub(crate) struct PatchError {
    file: String,
    patch: Patch,
    matches: usize,
}

impl fmt::Display for PatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = match self.matches {
            0 => "it is not there".to_owned(),
            many => format!("it is there {many} times"),
        };
        write!(
            f,
            "{} is not the expected version: to {}, one passage must match exactly once, \
             but {found}. The passage:\n\n{}\n\nUpstream has changed; adapt the patch.",
            self.file, self.patch.purpose, self.patch.find
        )
    }
}

impl std::error::Error for PatchError {}

/// Makes all the patches in `text`; `file` names it in errors, with its version.
pub(crate) fn apply(file: &str, text: &str, patches: &[Patch]) -> Result<String, PatchError> {
    patches.iter().try_fold(text.to_owned(), |text, patch| {
        let matches = text.matches(patch.find).count();
        if matches == 1 {
            Ok(text.replace(patch.find, patch.replace))
        } else {
            Err(PatchError {
                file: file.to_owned(),
                patch: *patch,
                matches,
            })
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: Patch = Patch {
        purpose: "paint it",
        find: "red\n",
        replace: "blue\n",
    };

    #[test]
    fn one_match_is_replaced() {
        assert_eq!(apply("f", "a\nred\nb", &[PATCH]).unwrap(), "a\nblue\nb");
    }

    #[test]
    fn a_missing_text_is_an_error_with_file_purpose_and_text() {
        let error = apply("wdk-build 9.9.9, src/utils.rs", "green\n", &[PATCH]).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("wdk-build 9.9.9, src/utils.rs"), "{error}");
        assert!(error.contains("paint it"), "{error}");
        assert!(error.contains("red\n"), "{error}");
        assert!(error.contains("it is not there"), "{error}");
    }

    #[test]
    fn a_text_that_is_there_twice_is_an_error() {
        let error = apply("f", "red\nred\n", &[PATCH]).unwrap_err().to_string();
        assert!(error.contains("it is there 2 times"), "{error}");
    }

    #[test]
    fn a_later_patch_applies_to_the_result_of_an_earlier_one() {
        let again = Patch {
            purpose: "paint it again",
            find: "blue\n",
            replace: "grey\n",
        };
        assert_eq!(apply("f", "red\n", &[PATCH, again]).unwrap(), "grey\n");
    }
}
