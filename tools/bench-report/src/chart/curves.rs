//! Curves over one axis.

use anyhow::Result;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;

use super::readable;
use crate::style;

/// Curves that are compared with each other.
#[derive(Debug)]
pub struct Curves {
    /// What the horizontal axis counts, and how.
    pub across: (&'static str, Scale),
    /// What the vertical axis counts, and how.
    pub up: (&'static str, Scale),
    /// At most four.
    pub curves: Vec<Curve>,
}

/// How an axis counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// From 0, in equal steps.
    Linear,
    /// Each step is a multiple of the one before. No figure is 0.
    Logarithmic,
}

/// The figures of one series, from left to right.
#[derive(Debug)]
pub struct Curve {
    /// What it stands for.
    pub name: String,
    /// Where it is: across, and up.
    pub points: Vec<(f64, f64)>,
}

impl Curves {
    /// Height of a picture, in pixels.
    pub(super) const HEIGHT: u32 = 380;

    pub(super) fn draw(&self) -> Result<String> {
        let (across, up) = (self.range(|point| point.0), self.range(|point| point.1));
        // Room for the legend above the curves.
        let linear_up = 0.0..up.1 * 1.3;
        let log_across = (across.0..across.1).log_scale();
        let log_up = (up.0 / 2.0..up.1 * 4.0).log_scale();
        match (self.across.1, self.up.1) {
            (Scale::Linear, Scale::Linear) => self.draw_on(0.0..across.1, linear_up),
            (Scale::Linear, Scale::Logarithmic) => self.draw_on(0.0..across.1, log_up),
            (Scale::Logarithmic, Scale::Linear) => self.draw_on(log_across, linear_up),
            (Scale::Logarithmic, Scale::Logarithmic) => self.draw_on(log_across, log_up),
        }
    }

    /// The smallest and the largest figure.
    fn range(&self, of: impl Fn(&(f64, f64)) -> f64) -> (f64, f64) {
        let points = self.curves.iter().flat_map(|curve| &curve.points);
        points
            .map(of)
            .fold((f64::MAX, f64::MIN_POSITIVE), |range, figure| {
                (range.0.min(figure), range.1.max(figure))
            })
    }

    fn draw_on<X, Y>(&self, across: X, up: Y) -> Result<String>
    where
        X: AsRangedCoord<Value = f64, CoordDescType: ValueFormatter<f64>>,
        Y: AsRangedCoord<Value = f64, CoordDescType: ValueFormatter<f64>>,
    {
        let mut svg = String::new();
        let size = (style::WIDTH, Self::HEIGHT);
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        let mut chart = ChartBuilder::on(&area)
            .margin(14)
            .margin_right(48)
            .x_label_area_size(44)
            .y_label_area_size(84)
            .build_cartesian_2d(across, up)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(style::GRID)
            .axis_style(style::INK)
            .x_desc(self.across.0)
            .y_desc(self.up.0)
            .label_style(style::text())
            .axis_desc_style(style::text())
            .x_label_formatter(&|figure| readable(*figure))
            .y_label_formatter(&|figure| readable(*figure))
            .draw()?;
        for (curve, color) in self.curves.iter().zip(style::SERIES) {
            let points = || curve.points.iter().copied();
            chart
                .draw_series(LineSeries::new(points(), color.stroke_width(2)))?
                .label(curve.name.clone())
                .legend(move |(x, y)| {
                    PathElement::new([(x, y), (x + 18, y)], color.stroke_width(3))
                });
            chart.draw_series(points().map(|point| Circle::new(point, 3, color.filled())))?;
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .label_font(style::text())
            .border_style(TRANSPARENT)
            .draw()?;
        area.present()?;
        drop(chart);
        drop(area);
        Ok(svg)
    }

    pub(super) fn table(&self) -> (Vec<String>, Vec<Vec<String>>) {
        let names = self.curves.iter().map(|curve| curve.name.clone());
        let header = [self.across.0.to_owned()].into_iter().chain(names);
        let points = self.curves.iter().flat_map(|curve| &curve.points);
        let mut places: Vec<_> = points.map(|point| point.0).collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        let row = |place: f64| {
            let figure = |curve: &Curve| {
                let points = &mut curve.points.iter();
                let point = points.find(|point| point.0.total_cmp(&place).is_eq());
                point.map_or_else(String::new, |point| readable(point.1))
            };
            let figures = self.curves.iter().map(figure);
            [readable(place)].into_iter().chain(figures).collect()
        };
        (header.collect(), places.into_iter().map(row).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curves() -> Curves {
        let curve = |name: &str, points: &[(f64, f64)]| Curve {
            name: name.into(),
            points: points.into(),
        };
        Curves {
            across: ("leases", Scale::Logarithmic),
            up: ("instructions", Scale::Linear),
            curves: vec![
                curve("create", &[(1_000.0, 4_300.0), (1_000_000.0, 4_350.0)]),
                curve("end", &[(1_000.0, 2_270.0)]),
            ],
        }
    }

    #[test]
    fn each_curve_is_in_the_legend_and_has_its_points() {
        for scale in [Scale::Linear, Scale::Logarithmic] {
            let up = ("instructions", scale);
            let svg = Curves { up, ..curves() }.draw().unwrap();
            for text in ["create", "end", "leases", "instructions"] {
                assert!(svg.contains(&format!("\n{text}\n")), "{text}: {svg}");
            }
            assert_eq!(svg.matches("<circle").count(), 3);
        }
    }

    #[test]
    fn the_table_has_a_column_for_each_curve() {
        let (header, rows) = curves().table();
        assert_eq!(header, ["leases", "create", "end"]);
        let expected = [["1,000", "4,300", "2,270"], ["1,000,000", "4,350", ""]];
        assert_eq!(rows, expected);
    }
}
