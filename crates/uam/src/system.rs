//! The folders of one installation by the platform's rules.

use crate::paths::Paths;
use model::UserError;
use platform::directories::find_user_directories;

/// Where settings, data and runtime files go without `--home`.
pub(crate) fn places() -> anyhow::Result<Paths> {
    let found = find_user_directories().map_err(|e| {
        UserError::usage(
            e.to_string(),
            format!(
                "Set {}, or name a folder with --home or UAM_HOME.",
                e.variable
            ),
        )
    })?;
    Ok(Paths {
        config: found.config,
        data: found.data,
        runtime: found.runtime,
    })
}
