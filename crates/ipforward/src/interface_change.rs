//! A change of the settings of an interface.

use abi::interface_request::{
    INTERFACE_AUTOMATIC_METRIC, INTERFACE_DISABLE_DEFAULT_ROUTES, INTERFACE_ENABLE_DEFAULT_ROUTES,
    INTERFACE_METRIC,
};

/// The settings of an interface to change; the others stay as they are.
///
/// ```
/// use ipforward::InterfaceChange;
///
/// let tunnel = InterfaceChange::new().metric(5).default_routes(true);
/// let others = InterfaceChange::new().default_routes(false);
/// # assert_ne!(tunnel, others);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "a change has no effect before it is passed to a device"]
pub struct InterfaceChange {
    metric: Option<MetricChange>,
    default_routes: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MetricChange {
    Automatic,
    Manual(u32),
}

impl InterfaceChange {
    /// A change of no setting, which the driver refuses.
    pub const fn new() -> Self {
        Self {
            metric: None,
            default_routes: None,
        }
    }

    /// Sets the metric that is added to that of each route. It is not automatic any more. At most
    /// [`INTERFACE_METRIC_MAX`](abi::interface_request::INTERFACE_METRIC_MAX).
    pub const fn metric(mut self, metric: u32) -> Self {
        self.metric = Some(MetricChange::Manual(metric));
        self
    }

    /// Lets the stack set the metric from the link speed.
    pub const fn automatic_metric(mut self) -> Self {
        self.metric = Some(MetricChange::Automatic);
        self
    }

    /// Sets whether the stack uses the default routes of the interface.
    pub const fn default_routes(mut self, used: bool) -> Self {
        self.default_routes = Some(used);
        self
    }

    /// The flags and the metric of a request.
    pub(crate) const fn request(self) -> (u32, u32) {
        let (flag, metric) = match self.metric {
            Some(MetricChange::Automatic) => (INTERFACE_AUTOMATIC_METRIC, 0),
            Some(MetricChange::Manual(metric)) => (INTERFACE_METRIC, metric),
            None => (0, 0),
        };
        let default_routes = match self.default_routes {
            Some(true) => INTERFACE_ENABLE_DEFAULT_ROUTES,
            Some(false) => INTERFACE_DISABLE_DEFAULT_ROUTES,
            None => 0,
        };
        (flag | default_routes, metric)
    }
}
