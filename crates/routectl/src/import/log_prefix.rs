//! Removing what a log writes before each line.

/// The ends of the fields of a log line.
const SEPARATORS: &[&str] = &["| ", "] ", "]: ", ": ", "> ", " - "];

/// The text without a time, a process and a level before each line. Unchanged if a line has none.
pub(super) fn without(text: &str) -> String {
    let written = || text.lines().filter(|line| !line.trim().is_empty());
    let Some(first) = written().next() else {
        return text.to_owned();
    };
    if !written().all(starts_with_time) {
        return text.to_owned();
    }
    // The fields after the time are the same in every line, but for their digits.
    let fields: Vec<_> = fields_after_time(first).collect();
    let common = (0..=fields.len()).rev().find(|count| {
        let expected: Vec<_> = fields[..*count].iter().map(|field| shape(field)).collect();
        written().all(|line| {
            let found = fields_after_time(line).take(*count).map(shape);
            found.eq(expected.iter().cloned())
        })
    });
    let count = common.unwrap_or(0);
    let lines = text.lines().map(|line| {
        let skipped: usize = fields_after_time(line).take(count).map(str::len).sum();
        let start = time_length(line).unwrap_or(0) + skipped;
        line.get(start..).unwrap_or_default()
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn starts_with_time(line: &str) -> bool {
    time_length(line).is_some()
}

/// The length of a time like `12:34:56`, with everything before it, if it is at the start.
fn time_length(line: &str) -> Option<usize> {
    let head = line.get(..40.min(line.len())).unwrap_or(line).as_bytes();
    let is_time = |bytes: &[u8]| {
        let digit = |place: usize| bytes[place].is_ascii_digit();
        [0, 1, 3, 4, 6, 7].into_iter().all(digit) && bytes[2] == b':' && bytes[5] == b':'
    };
    let start = head.windows(8).position(is_time)?;
    let is_date = |byte: &u8| byte.is_ascii_alphanumeric() || b" -/.[,".contains(byte);
    let is_after_date = start == 0
        || &head[..start] == b"["
        || head[..start].iter().all(is_date)
            && head[..start].iter().any(u8::is_ascii_digit)
            && b" T[".contains(&head[start - 1]);
    if !is_after_date {
        return None;
    }
    let fraction = head[start + 8..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit() || b".,Z+".contains(byte));
    let mut end = start + 8 + fraction.count();
    // Some logs write the year after the time.
    if line.get(end..end + 5).is_some_and(is_year) {
        end += 5;
    }
    // The time of a route is followed by a comma or by nothing.
    let separator = line.get(end..)?;
    let length = ["] ", " | ", ": ", " "]
        .into_iter()
        .find(|text| separator.starts_with(text))?
        .len();
    Some(end + length)
}

/// True for a space and four digits.
fn is_year(text: &str) -> bool {
    let digits = text.strip_prefix(' ');
    digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The fields between the time and the line, each with its separator.
fn fields_after_time(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = &line[time_length(line).unwrap_or(0)..];
    std::iter::from_fn(move || {
        let end = SEPARATORS
            .iter()
            .filter_map(|separator| Some(rest.find(separator)? + separator.len()))
            .min()?;
        let (field, after) = rest.split_at(end);
        rest = after;
        Some(field)
    })
}

/// A field with its digits replaced.
fn shape(field: &str) -> String {
    let mut shape = String::new();
    for letter in field.chars() {
        let letter = if letter.is_ascii_digit() { '0' } else { letter };
        if letter != '0' || !shape.ends_with('0') {
            shape.push(letter);
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_prefix_is_removed_from_every_line() {
        for prefix in [
            "2017-12-15 21:45:14 | 1330 | ",
            "[2024-01-02T03:04:05.678Z] ",
            "Jan  2 03:04:05 host openvpn[77]: ",
            "Mon May  6 10:11:13 2024 ",
            "03:04:05 INFO: ",
            "[12:34:56] [worker] ",
        ] {
            let lines = [
                "Active Routes:",
                "  10.0.0.0  255.0.0.0  192.0.2.1  192.0.2.6  5",
            ];
            let logged = lines.map(|line| format!("{prefix}{line}")).join("\n");
            let text: Vec<_> = without(&logged)
                .lines()
                .map(|line| line.trim().to_owned())
                .collect();
            assert_eq!(text, lines.map(str::trim), "{prefix}");
        }
    }

    #[test]
    fn other_text_is_not_changed() {
        for text in [
            "",
            "10.0.0.0/8 via 192.0.2.1\n",
            "2024-01-02 03:04:05 | x\nroute add 10.0.0.0/8\n",
            "2001:db8::/32 dev eth0\n",
            "S>* 10.0.0.0/8 [1/0] via 192.0.2.1, eth0, weight 1, 00:01:02\n",
        ] {
            assert_eq!(without(text), text);
        }
    }
}
