//! `uam config`: settings.

use super::control::reload_settings;
use super::retention::preview_retention;
use crate::cli::ConfigAction;
use crate::output;
use crate::sign_in::read_access::authorise_settings_change;
use agent::{AppContext, reload_after_change};
use settings::{Applies, EnvVars, Settings};
use std::process::ExitCode;

pub(super) fn run(context: &AppContext, action: Option<ConfigAction>) -> anyhow::Result<ExitCode> {
    let file = context.paths.config_file();
    match action.unwrap_or(ConfigAction::Show) {
        ConfigAction::Path => output::print_line(&file.display().to_string()),
        ConfigAction::Show => {
            let config = Settings::load(&context.paths)?;
            let origin = if file.exists() {
                "from"
            } else {
                "defaults; there is no file"
            };
            output::print_line(&format!("# {origin} {}", file.display()));
            output::print_text(&config.to_toml()?);
        }
        ConfigAction::Check => {
            let config = Settings::load(&context.paths)?;
            let environment = EnvVars::load(&context.paths)?;
            let destination = settings::resolve_destination(&config, &environment, &context.paths)?;
            output::print_line(&format!(
                "The settings are valid. Uploads go to {}.",
                destination.describe()
            ));
            for remark in destination.remarks() {
                output::print_line(&remark);
            }
        }
        ConfigAction::Reload => return reload_settings(context),
        ConfigAction::Set { key, value } => {
            context.paths.create_dirs()?;
            let changes = [(key.as_str(), settings::parse_value(&value))];
            // A wrong one is refused before anybody is asked for anything.
            settings::preview_values(&context.paths, &changes)?;
            // The new value is not recorded: a rule's words are nobody's business but its owner's.
            authorise_settings_change(context, &format!("The setting {key} was changed."))?;
            settings::set_values(&context.paths, &changes)?;
            output::print_line(&format!("{key} = {value}"));
            if let Some(text) =
                preview_retention(context)?.filter(|_| key.starts_with("shots.keep"))
            {
                output::print_line(&text);
            }
            let spec = settings::find_spec(&key);
            output::print_line(
                &match spec.map_or(Applies::NextStart, |spec| spec.applies) {
                    Applies::AtOnce => reload_after_change(context)?,
                    Applies::NextReport => {
                        "It applies to the next report; the record does not change.".to_owned()
                    }
                    Applies::NextStart => "It applies from the next start on.".to_owned(),
                },
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}
