//! Colors and sizes of all pictures, for light and for dark pages.

use plotters::style::IntoFont;
use plotters::style::{RGBColor, TextStyle};

/// Texts and axes.
pub(crate) const INK: RGBColor = RGBColor(31, 35, 40);
/// Lines behind the figures.
pub(crate) const GRID: RGBColor = RGBColor(208, 215, 222);
/// The series, in order. Each is readable on white and on black.
pub(crate) const SERIES: [RGBColor; 4] = [
    RGBColor(53, 116, 182),
    RGBColor(207, 104, 32),
    RGBColor(46, 138, 87),
    RGBColor(148, 90, 176),
];

/// Width of a picture, in pixels.
pub(crate) const WIDTH: u32 = 860;

const FONT: &str = "sans-serif";

/// The style of texts.
pub(crate) fn text() -> TextStyle<'static> {
    TextStyle::from((FONT, 13).into_font()).color(&INK)
}

/// What makes a picture one that a screen reader can name, and that follows the page's colors: begins
/// an SVG in place of the tag that plotters writes.
pub(crate) fn begin_svg(height: u32, title: &str) -> String {
    let title = escaped(title);
    let [ink, grid] = [INK, GRID].map(hexadecimal);
    format!(
        "<svg width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"{title}\" xmlns=\"http://www.w3.org/2000/svg\">\n\
         <title>{title}</title>\n\
         <style>@media (prefers-color-scheme: dark) {{ \
         [fill=\"{ink}\"] {{ fill: #e6edf3 }} \
         [stroke=\"{ink}\"] {{ stroke: #e6edf3 }} \
         [stroke=\"{grid}\"] {{ stroke: #3d444d }} }}</style>"
    )
}

/// A color as plotters writes it.
fn hexadecimal(color: RGBColor) -> String {
    let RGBColor(red, green, blue) = color;
    format!("#{red:02X}{green:02X}{blue:02X}")
}

/// A text between tags or in quotation marks.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
