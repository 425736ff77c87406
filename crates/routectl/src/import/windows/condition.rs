//! Conditions of `if` in batch files.

use super::cmd_line::Variables;

/// The value of a condition, as far as the file shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConditionValue {
    Yes,
    No,
    Unknown,
}

impl ConditionValue {
    fn of(is_true: bool) -> Self {
        if is_true { Self::Yes } else { Self::No }
    }

    pub(super) fn negated(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// The value of the condition after `if`, and the command after the condition. The file is run
/// without arguments, and every command succeeds.
pub(super) fn condition<'a>(variables: &Variables, text: &'a str) -> (ConditionValue, &'a str) {
    condition_in(variables, text, Case::Matters)
}

/// Whether texts that differ only in case are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Matters,
    /// After `/i`.
    Ignored,
}

fn condition_in<'a>(variables: &Variables, text: &'a str, case: Case) -> (ConditionValue, &'a str) {
    let (word, rest) = first_word(text);
    match word.to_ascii_lowercase().as_str() {
        "/i" => condition_in(variables, rest, Case::Ignored),
        "not" => {
            let (outcome, command) = condition_in(variables, rest, case);
            (outcome.negated(), command)
        }
        "errorlevel" => {
            let (number, command) = first_word(rest);
            let value = if variables.contains("errorlevel") {
                ConditionValue::of(number == "0")
            } else {
                ConditionValue::Unknown
            };
            (value, command)
        }
        "defined" => {
            let (name, command) = first_word(rest);
            let is_set = variables.contains(name);
            (
                if is_set {
                    ConditionValue::Yes
                } else {
                    ConditionValue::Unknown
                },
                command,
            )
        }
        "exist" => (ConditionValue::Unknown, first_word(rest).1),
        _ => comparison(text, case),
    }
}

fn comparison(text: &str, case: Case) -> (ConditionValue, &str) {
    if let Some((left, right)) = text.split_once("==") {
        let (right, command) = first_word(right.trim_start());
        return (equal(left.trim(), right, case), command);
    }
    let (left, rest) = first_word(text);
    let (operator, rest) = first_word(rest);
    let (right, command) = first_word(rest);
    let numbers = left.parse::<i64>().ok().zip(right.parse::<i64>().ok());
    let outcome = match (operator.to_ascii_lowercase().as_str(), numbers) {
        ("equ", _) => equal(left, right, case),
        ("neq", _) => equal(left, right, case).negated(),
        ("lss", Some((left, right))) => ConditionValue::of(left < right),
        ("leq", Some((left, right))) => ConditionValue::of(left <= right),
        ("gtr", Some((left, right))) => ConditionValue::of(left > right),
        ("geq", Some((left, right))) => ConditionValue::of(left >= right),
        _ => ConditionValue::Unknown,
    };
    (outcome, command)
}

fn equal(left: &str, right: &str, case: Case) -> ConditionValue {
    let is_unknown = |text: &str| text.contains(['%', '!']);
    if is_unknown(left) || is_unknown(right) {
        return ConditionValue::Unknown;
    }
    ConditionValue::of(match case {
        Case::Matters => left == right,
        Case::Ignored => left.eq_ignore_ascii_case(right),
    })
}

/// The first word, with quotes, and the rest.
fn first_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let mut is_open = false;
    let end = text.find(|letter: char| {
        is_open ^= letter == '"';
        !is_open && (letter.is_whitespace() || letter == '(')
    });
    match end {
        Some(0) | None => (text, ""),
        Some(end) => (&text[..end], text[end..].trim_start()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_evaluated_as_far_as_it_is_known() {
        let mut variables = Variables::new();
        variables.set("gw", "192.0.2.1", false);
        for (text, expected) in [
            (r#"not ""=="" goto down"#, (ConditionValue::No, "goto down")),
            (r#"/i "a b"=="A B" echo x"#, (ConditionValue::Yes, "echo x")),
            (r#""a b"=="A B" echo x"#, (ConditionValue::No, "echo x")),
            ("/i not a EQU A echo x", (ConditionValue::No, "echo x")),
            (
                "errorlevel 1 echo failed",
                (ConditionValue::No, "echo failed"),
            ),
            ("0 NEQ 0 exit", (ConditionValue::No, "exit")),
            ("defined gw (", (ConditionValue::Yes, "(")),
            (
                "exist a.txt route add",
                (ConditionValue::Unknown, "route add"),
            ),
            ("%os%==Windows x", (ConditionValue::Unknown, "x")),
        ] {
            assert_eq!(condition(&variables, text), expected, "{text}");
        }
    }
}
