//! The settings that the recorder and the desktop are opened with.

use model::{SensorCapability, SensorKind, SensorSupport, UserError};
use platform::timezone::current_zone_name;
use sense::DesktopOptions;
use settings::{Policy, Settings};
use std::time::Duration;

/// The options that the desktop is opened with, by the worker and by `uam doctor`.
pub fn desktop_options(settings: &Settings) -> DesktopOptions {
    let mut options = DesktopOptions {
        idle_limit: Duration::from_secs(settings.record.idle_seconds),
        ..DesktopOptions::default()
    };
    // So that a battery can be had where there is none.
    if let Some(root) = std::env::var_os("UAM_POWER_ROOT") {
        options.power_root = root.into();
    }
    options
}

pub(super) fn recorder_settings(
    policy: &Policy,
    capabilities: &[SensorCapability],
) -> anyhow::Result<recorder::RecorderSettings> {
    let unsupported: Vec<SensorKind> = capabilities
        .iter()
        .filter(|c| matches!(c.support, SensorSupport::Unsupported(_)))
        .map(|c| c.concern)
        .collect();
    let exclusions = policy
        .exclusions
        .compile_rules()
        .map_err(|e| UserError::usage(e.to_string(), "See [exclude] in the settings."))?;
    Ok(recorder::RecorderSettings {
        idle_limit_us: policy.idle_limit.as_secs() * model::MICROS_PER_SECOND,
        idle_sensor: !unsupported.contains(&SensorKind::Idle),
        low_percent: policy.battery.suspend_percent,
        resume_percent: policy.battery.resume_percent,
        exclusions,
        zone: current_zone_name(),
        unsupported,
    })
}
