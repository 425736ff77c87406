//! The conversions of `DbgPrint`: those of C's `printf` without floating point, with Microsoft's
//! sizes and strings.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

use super::arguments::Arguments;

/// A conversion, between the percent sign and its letter.
#[derive(Default)]
struct Spec {
    flags: String,
    width: usize,
    precision: Option<usize>,
    size: Size,
}

/// How wide an argument is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Size {
    /// 8 bits.
    Byte,
    /// 16 bits; for text, one byte a character.
    Short,
    /// 32 bits; `long` has as many on Windows.
    #[default]
    Int,
    /// As [`Size::Int`]; for text, UTF-16.
    Wide,
    /// 64 bits.
    Long,
}

/// The text that `format` and its arguments make.
pub(super) fn render(format: &str, arguments: &mut Arguments) -> String {
    render_as(format, arguments, |letter| letter)
}

/// As [`render`], for a function of UTF-16: `%s` means UTF-16 and `%S` one byte a character.
pub(super) fn render_wide(format: &str, arguments: &mut Arguments) -> String {
    render_as(format, arguments, |letter| match letter {
        's' => 'S',
        'S' => 's',
        letter => letter,
    })
}

/// As [`render`]. `swap` gives the letter that a conversion without a size stands for.
fn render_as(format: &str, arguments: &mut Arguments, swap: fn(char) -> char) -> String {
    let mut text = String::new();
    let mut rest = format.chars().peekable();
    while let Some(character) = rest.next() {
        if character != '%' {
            text.push(character);
            continue;
        }
        let spec = Spec::parse(&mut rest, arguments);
        match rest.next() {
            Some('%') | None => text.push('%'),
            Some(letter) if spec.size == Size::Int => {
                text.push_str(&spec.convert(swap(letter), arguments));
            }
            Some(letter) => text.push_str(&spec.convert(letter, arguments)),
        }
    }
    text
}

impl Spec {
    fn parse(rest: &mut Peekable<Chars<'_>>, arguments: &mut Arguments) -> Self {
        let mut spec = Self::default();
        while let Some(flag) = rest.next_if(|next| "-0+ #".contains(*next)) {
            spec.flags.push(flag);
        }
        spec.width = number(rest, arguments).unwrap_or(0);
        if rest.next_if_eq(&'.').is_some() {
            spec.precision = Some(number(rest, arguments).unwrap_or(0));
        }
        spec.size = size(rest);
        spec
    }

    fn convert(&self, letter: char, arguments: &mut Arguments) -> String {
        match letter {
            'd' | 'i' => self.signed(arguments.next_bits()),
            'u' => self.unsigned(self.cut(arguments.next_bits()).to_string(), ""),
            'x' => self.unsigned(format!("{:x}", self.cut(arguments.next_bits())), "0x"),
            'X' => self.unsigned(format!("{:X}", self.cut(arguments.next_bits())), "0X"),
            'o' => self.unsigned(format!("{:o}", self.cut(arguments.next_bits())), "0"),
            'p' => self.pad(format!("{:016X}", arguments.next_bits())),
            'c' | 'C' => self.pad(character(arguments.next_bits()).to_string()),
            's' if self.size == Size::Wide => self.pad(arguments.next_wide_text(self.precision)),
            'S' if self.size != Size::Short => self.pad(arguments.next_wide_text(self.precision)),
            's' | 'S' => self.pad(match self.precision {
                Some(count) => arguments.next_text_up_to(count),
                None => arguments.next_text(),
            }),
            'Z' if self.size == Size::Wide => self.pad(arguments.next_unicode_string()),
            other => {
                // Its argument is skipped, so that the following arguments are read correctly.
                let bits = arguments.next_bits();
                format!("<%{other} of {bits:#x}: unknown to this host>")
            }
        }
    }

    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    fn signed(&self, bits: u64) -> String {
        let value = self.sign_extended(bits);
        let sign = match value {
            ..0 => "-",
            _ if self.has('+') => "+",
            _ if self.has(' ') => " ",
            _ => "",
        };
        self.number(value.unsigned_abs().to_string(), sign)
    }

    fn unsigned(&self, digits: String, prefix: &str) -> String {
        let prefix = if self.has('#') && digits != "0" {
            prefix
        } else {
            ""
        };
        self.number(digits, prefix)
    }

    /// Digits with what stands before them, as long as precision and width say.
    fn number(&self, mut digits: String, before: &str) -> String {
        let by_width = self.width.saturating_sub(before.len());
        let least = match self.precision {
            Some(precision) => precision,
            None if self.has('0') && !self.has('-') => by_width,
            None => 0,
        };
        let zeros = least.saturating_sub(digits.len());
        digits.insert_str(0, &"0".repeat(zeros));
        self.pad(format!("{before}{digits}"))
    }

    fn pad(&self, text: String) -> String {
        let width = self.width;
        let mut padded = String::new();
        // Writing to a string cannot fail.
        let _ = match (self.has('-'), text.chars().count() < width) {
            (_, false) => return text,
            (true, _) => write!(padded, "{text:<width$}"),
            (false, _) => write!(padded, "{text:>width$}"),
        };
        padded
    }

    fn bits(&self) -> u32 {
        match self.size {
            Size::Byte => 8,
            Size::Short => 16,
            Size::Int | Size::Wide => 32,
            Size::Long => 64,
        }
    }

    /// The bits of an argument that its size includes.
    fn cut(&self, bits: u64) -> u64 {
        bits & u64::MAX >> (64 - self.bits())
    }

    fn sign_extended(&self, bits: u64) -> i64 {
        let unused = 64 - self.bits();
        (bits << unused).cast_signed() >> unused
    }
}

/// A number in the format, or an asterisk and an argument.
fn number(rest: &mut Peekable<Chars<'_>>, arguments: &mut Arguments) -> Option<usize> {
    if rest.next_if_eq(&'*').is_some() {
        return usize::try_from(arguments.next_bits() & 0x7FFF_FFFF).ok();
    }
    let mut value = None;
    while let Some(digit) = rest.peek().and_then(|next| next.to_digit(10)) {
        rest.next();
        value = Some(value.unwrap_or(0_usize).saturating_mul(10) + digit as usize);
    }
    value
}

fn size(rest: &mut Peekable<Chars<'_>>) -> Size {
    let Some(letter) = rest.next_if(|next| "hlwIjzt".contains(*next)) else {
        return Size::Int;
    };
    match letter {
        'h' if rest.next_if_eq(&'h').is_some() => Size::Byte,
        'h' => Size::Short,
        'l' if rest.next_if_eq(&'l').is_some() => Size::Long,
        'l' | 'w' => Size::Wide,
        'I' => match (
            rest.next_if(|next| "36".contains(*next)),
            rest.next_if(|next| "24".contains(*next)),
        ) {
            (Some('3'), _) => Size::Int,
            _ => Size::Long,
        },
        _ => Size::Long,
    }
}

fn character(bits: u64) -> char {
    u32::try_from(bits & 0xFFFF)
        .ok()
        .and_then(char::from_u32)
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(format: &str, list: &[u64]) -> String {
        // SAFETY: each test gives as many arguments as its format asks for.
        let mut arguments = unsafe { Arguments::new(list.as_ptr()) };
        render(format, &mut arguments)
    }

    #[test]
    fn integers_have_the_size_that_the_format_says() {
        let minus_one = u64::from(u32::MAX);
        assert_eq!(
            rendered("%d %u %x", &[minus_one, minus_one, 0xAB]),
            "-1 4294967295 ab"
        );
        assert_eq!(
            rendered("%lld %I64x", &[u64::MAX, u64::MAX]),
            "-1 ffffffffffffffff"
        );
        assert_eq!(rendered("%hhu %hd", &[0x1FF, 0xFFFF]), "255 -1");
        assert_eq!(
            rendered("%zu %Iu", &[1 << 40, 1 << 40]),
            "1099511627776 1099511627776"
        );
        assert_eq!(
            rendered("%ld %I32u", &[minus_one, minus_one]),
            "-1 4294967295"
        );
    }

    #[test]
    fn flags_width_and_precision_shape_numbers() {
        assert_eq!(
            rendered("[%5d|%-5d|%05d|%+d]", &[42, 42, 42, 42]),
            "[   42|42   |00042|+42]"
        );
        assert_eq!(
            rendered("%#x %08X %.4u", &[255, 0xBEEF, 7]),
            "0xff 0000BEEF 0007"
        );
        assert_eq!(rendered("[%*d]", &[4, 7]), "[   7]");
        assert_eq!(rendered("%p", &[0x1234]), "0000000000001234");
    }

    #[test]
    fn text_comes_in_bytes_and_in_utf_16() {
        let narrow = c"route".as_ptr().expose_provenance() as u64;
        let wide: [u16; 4] = [0x57, 0x44, 0x46, 0];
        let wide_address = wide.as_ptr().expose_provenance() as u64;
        assert_eq!(rendered("%s|%.2s|%8s", &[narrow; 3]), "route|ro|   route");
        assert_eq!(rendered("%ls|%ws|%S", &[wide_address; 3]), "WDF|WDF|WDF");
        assert_eq!(rendered("%s %%", &[0]), "(null) %");
        let list = [wide_address, narrow];
        // SAFETY: as many arguments as the format asks for.
        let mut arguments = unsafe { Arguments::new(list.as_ptr()) };
        assert_eq!(render_wide("%s %S", &mut arguments), "WDF route");
        let counted = (4_u16, wide.as_ptr());
        let counted = (&raw const counted).expose_provenance() as u64;
        assert_eq!(rendered("%wZ", &[counted]), "WD");
    }

    #[test]
    fn what_is_unknown_says_so() {
        let text = rendered("%f %d", &[1, 2]);
        assert_eq!(text, "<%f of 0x1: unknown to this host> 2");
    }
}
