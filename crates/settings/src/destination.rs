//! Where uploads go: settings, then the environment and `.env`, else a folder on this computer.

use crate::env_vars::EnvVars;
use crate::paths::AppPaths;
use crate::sections::Settings;
use anyhow::Context;
use model::UserError;
use upload::{Destination, ObjectStoreSink, Timeouts, vars};

/// Chooses the destination of uploads, limited to the speed the settings allow.
///
/// # Errors
/// When settings or environment name a destination that cannot be used; with the `.env` files that were read.
pub fn resolve_destination(
    settings: &Settings,
    env_vars: &EnvVars,
    paths: &AppPaths,
) -> anyhow::Result<Destination> {
    let get = |name: &str| match name {
        // Where profiles lie; `.env` cannot set it.
        vars::HOME => Some(std::env::home_dir()?.to_string_lossy().into_owned()),
        name => env_vars.values.get(name).cloned(),
    };
    Destination::resolve(
        settings.upload.destination.as_deref(),
        &get,
        &paths.local_sink_dir(),
    )
    .map(|destination| destination.with_rate_limit(settings.upload.limit_kib_per_s))
    .map_err(|e| {
        let files = env_vars
            .files
            .iter()
            .map(|f| f.display().to_string())
            .collect::<Vec<_>>()
            .join(", ");
        let read = if files.is_empty() {
            String::new()
        } else {
            format!(" (read: {files})")
        };
        UserError::usage(format!("{}: {}{read}", e.place, e.what), e.hint).into()
    })
}

/// Opens the destination that settings and environment name now.
///
/// # Errors
/// When the settings or the environment are invalid, or the destination cannot be opened.
pub fn open_sink(paths: &AppPaths) -> anyhow::Result<ObjectStoreSink> {
    let settings = Settings::load(paths)?;
    let env_vars = EnvVars::load(paths)?;
    let destination = resolve_destination(&settings, &env_vars, paths)?;
    upload::open_sink(&destination, Timeouts::default())
        .with_context(|| format!("cannot open {}", destination.describe()))
}
