//! `uam config`: settings.

use super::{Home, retention, talk};
use crate::access;
use crate::cli::ConfigAction;
use crate::output;
use settings::{Applies, EnvVars, Settings};
use std::process::ExitCode;

pub(super) fn run(home: &Home, action: Option<ConfigAction>) -> anyhow::Result<ExitCode> {
    let file = home.paths.config_file();
    match action.unwrap_or(ConfigAction::Show) {
        ConfigAction::Path => output::line(&file.display().to_string()),
        ConfigAction::Show => {
            let config = Settings::load(&home.paths)?;
            let origin = if file.exists() {
                "from"
            } else {
                "defaults; a file would be"
            };
            output::line(&format!("# {origin} {}", file.display()));
            output::out(&config.to_toml()?);
        }
        ConfigAction::Check => {
            let config = Settings::load(&home.paths)?;
            let environment = EnvVars::load(&home.paths)?;
            let destination = settings::resolve_destination(&config, &environment, &home.paths)?;
            output::line(&format!(
                "The settings are sound. Records go to {}.",
                destination.describe()
            ));
            for remark in destination.remarks() {
                output::line(&remark);
            }
        }
        ConfigAction::Reload => return talk::reload(home),
        ConfigAction::Set { key, value } => {
            home.paths.create_dirs()?;
            let changes = [(key.as_str(), settings::parse_value(&value))];
            // A wrong one is refused before anybody is asked for anything.
            settings::preview_values(&home.paths, &changes)?;
            // Not to what: a rule's words are nobody's business but its owner's.
            access::for_settings(home, &format!("The setting {key} was changed."))?;
            settings::set_values(&home.paths, &changes)?;
            output::line(&format!("{key} = {value}"));
            if let Some(text) = retention::foretell(home)?.filter(|_| key.starts_with("shots.keep"))
            {
                output::line(&text);
            }
            let spec = settings::find_spec(&key);
            output::line(
                &match spec.map_or(Applies::NextStart, |spec| spec.applies) {
                    Applies::AtOnce => agent::reload_after_change(home)?,
                    Applies::NextReport => {
                        "The next report takes it; the record stays as it is.".to_owned()
                    }
                    Applies::NextStart => "It holds from the next start on.".to_owned(),
                },
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}
