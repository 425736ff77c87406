//! What a failed build script says, brought forward.
//!
//! Cargo prints the standard output of the script first. There are hundreds of instructions to cargo,
//! and the error comes after them.

/// The lines with which cargo begins the two parts.
const STDOUT: &str = "--- stdout";
const STDERR: &str = "--- stderr";

/// How many causes are in the summary.
const MOST_CAUSES: usize = 4;

/// Passes lines of cargo's on, and holds the standard output of a failed build script back until its
/// error has been passed on.
#[derive(Debug, Default)]
pub(crate) struct BuildScriptFailure {
    part: Part,
    held: Vec<String>,
    script: Option<String>,
    /// The error and its causes.
    error: Vec<String>,
    trace: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Part {
    #[default]
    Outside,
    Stdout,
    Stderr,
}

impl BuildScriptFailure {
    /// The lines to print now, after cargo has printed `line`.
    pub(crate) fn add_line(&mut self, line: &str) -> Vec<String> {
        if let Some((_, script)) = line.split_once("failed to run custom build command for `") {
            self.script = Some(script.trim_end_matches('`').to_owned());
        }
        match (self.part, line.trim()) {
            (_, STDOUT) => {
                self.part = Part::Stdout;
                Vec::new()
            }
            (_, STDERR) => {
                self.part = Part::Stderr;
                Vec::new()
            }
            // The parts are indented.
            (Part::Outside, _) => vec![line.to_owned()],
            (_, _) if !line.is_empty() && !line.starts_with("  ") => {
                let mut lines = self.end();
                lines.push(line.to_owned());
                lines
            }
            (Part::Stdout, text) => {
                if !text.is_empty() && !text.starts_with("cargo:") {
                    self.held.push(line.to_owned());
                }
                Vec::new()
            }
            (Part::Stderr, text) => {
                self.add_cause(text);
                vec![line.to_owned()]
            }
        }
    }

    /// A line of the error: the causes follow under a heading, with numbers if there are several.
    fn add_cause(&mut self, text: &str) {
        if text == "Stack backtrace:" {
            self.trace = true;
        }
        if self.trace || text.is_empty() || text == "Caused by:" || self.error.len() > MOST_CAUSES {
            return;
        }
        let without_number = text.split_once(": ").filter(|(number, _)| {
            let mut digits = number.bytes();
            digits.all(|digit| digit.is_ascii_digit())
        });
        let cause = without_number.map_or(text, |(_, cause)| cause);
        self.error.push(cause.to_owned());
    }

    /// The lines that were held back: what the script printed besides its instructions.
    pub(crate) fn end(&mut self) -> Vec<String> {
        self.part = Part::Outside;
        std::mem::take(&mut self.held)
    }

    /// The script that failed, its error and the causes.
    pub(crate) fn summary(&self) -> Option<String> {
        let script = self.script.as_ref()?;
        let error = match self.error.as_slice() {
            [] => "it printed no error".to_owned(),
            causes => causes.join(": "),
        };
        Some(format!("the build script of {script} failed: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: &str = "   Compiling wdk-sys v0.5.2
error: failed to run custom build command for `wdk-sys v0.5.2`

Caused by:
  process didn't exit successfully: `/t/build-script-build` (exit status: 1)
  --- stdout
  cargo::rerun-if-changed=a.h
  found a kit
  cargo:rerun-if-env-changed=WDKContentRoot

  --- stderr
  Error: no bindings

  Caused by:
      0: the kit has no ntddk.h
      1: not found

  Stack backtrace:
     0: main
warning: build failed, waiting for other jobs to finish...";

    fn shown(text: &str) -> (String, BuildScriptFailure) {
        let mut failure = BuildScriptFailure::default();
        let mut lines: Vec<String> = text
            .lines()
            .flat_map(|line| failure.add_line(line))
            .collect();
        lines.extend(failure.end());
        (lines.join("\n"), failure)
    }

    #[test]
    fn the_error_of_a_build_script_comes_before_its_output() {
        let (text, failure) = shown(FAILED);
        assert_eq!(
            text,
            "   Compiling wdk-sys v0.5.2
error: failed to run custom build command for `wdk-sys v0.5.2`

Caused by:
  process didn't exit successfully: `/t/build-script-build` (exit status: 1)
  Error: no bindings

  Caused by:
      0: the kit has no ntddk.h
      1: not found

  Stack backtrace:
     0: main
  found a kit
warning: build failed, waiting for other jobs to finish..."
        );
        let summary = failure.summary().unwrap();
        assert_eq!(
            summary,
            "the build script of wdk-sys v0.5.2 failed: Error: no bindings: the kit has no ntddk.h: \
             not found"
        );
    }

    #[test]
    fn other_lines_are_passed_on_as_they_are() {
        let other = "error[E0425]: cannot find value `x`\n --> src/lib.rs:1:1\n  |\n1 | x\n";
        let (text, failure) = shown(other);
        assert_eq!(text, other.trim_end());
        assert_eq!(failure.summary(), None);
    }
}
