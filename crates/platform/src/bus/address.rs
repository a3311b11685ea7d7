//! Present on every system, because settings and options name a bus.

/// The D-Bus bus on which services are asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BusAddress {
    /// The system bus (the environment's `DBUS_SYSTEM_BUS_ADDRESS`, or the usual socket).
    #[default]
    System,
    /// The bus at this address, such as `unix:path=/run/bus`.
    At(String),
    /// None: no service is asked, and nothing is heard of lock and sleep.
    Unused,
}
