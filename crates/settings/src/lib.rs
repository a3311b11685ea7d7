//! Settings of one installation: `config.toml`, the environment, the paths of every file and folder, and the policy that
//! a person agrees to.
//!
//! Always true:
//! * Reading is strict: an unknown name or a value out of range is an error that names the line or the setting, never a
//!   silent default.
//! * Changing a setting keeps the comments and the order of the file, and writes nothing unless the result is valid.
//! * Values from the environment and from `.env` are never printed, for secrets are among them.

mod classification;
mod consent_notice;
mod describe;
mod destination;
mod edit;
mod env_vars;
mod exclusion_rules;
mod load;
mod paths;
mod policy;
mod sections;
mod table;

pub use consent_notice::{ConsentNotice, WORDING_VERSION};
pub use describe::{SettingInfo, format_settings_page, list_settings};
pub use destination::{open_sink, resolve_destination};
pub use edit::{parse_value, preview_values, set_values};
pub use env_vars::EnvVars;
pub use exclusion_rules::{add_rule, remove_rule};
pub use paths::AppPaths;
pub use policy::{
    BatteryPolicy, Policy, Readers, ScreenshotPolicy, UploadPolicy, VisibilityPolicy,
    resolve_retention,
};
pub use sections::{
    DiskSection, ExcludeSection, IndicatorSection, MeteredAction, NotificationLevel,
    OldScreenshotAction, PowerSection, QualitySetting, RecordSection, ReportSection,
    ScheduleSection, ScreenshotsSection, Settings, UploadSection,
};
pub use table::{Applies, IntegerRange, SettingKind, SettingSpec, check_value, find_spec, specs};
