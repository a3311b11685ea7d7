//! Measures single jobs of uam: `bench CHORE …`. Each chore prints one line of JSON; `cargo xtask bench` makes the table.
//!
//! Times are in milliseconds. `score` prints bare numbers instead, `page serve` its links before the JSON.
#![allow(clippy::print_stdout, reason = "the figures are for the caller")]

mod canvas;
mod input;
mod measure;
mod page;
mod score;
mod screens;
mod screenshot;
mod sealing;
mod show;
mod upload;
mod year;

use anyhow::{Context, Result, bail};
use std::path::Path;

const USAGE: &str = "\
usage: bench CHORE ...
  show SCREEN [--save FILE]            fill the screen with a drawn one until standard input is closed
  input RATE SECONDS                   inject RATE keys and clicks a second
  screenshot ROUNDS OUT                capture and encode the active window, without and with blur
  score REFERENCE IMAGE...             print the SSIMULACRA2 score of each image
  upload COUNT BYTES                   put objects into the bucket of the environment, or of a server of its own
  page make DIR                        make a journal of a year, with screenshots
  page serve DIR                       serve the page of that journal
  page ask LINK [quick]                ask that server as the page does
  sealing busy-day DIR                 make a vault and a journal of one busy day
  sealing unlock DIR store|passphrase N  the report of that day; N: codes used before
  sealing year DIR rolled|plain        make a journal of a year, with roll-ups or without
  sealing sum DIR                      the totals of each day of that year
  sealing record DIR                   an hour of recording, and the share of sealing in it";

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let figures = match words.as_slice() {
        ["show", screen] => return show::show_screen(screen, None),
        ["show", screen, "--save", file] => {
            return show::show_screen(screen, Some(Path::new(file)));
        }
        ["score", reference, images @ ..] => return score::print_scores(reference, images),
        ["input", rate, seconds] => input::inject_input(
            parse_number("RATE", rate)?,
            parse_number("SECONDS", seconds)?,
        )?,
        ["screenshot", rounds, out] => {
            screenshot::measure_screenshots(parse_number("ROUNDS", rounds)?, out)?
        }
        ["upload", count, bytes] => {
            upload::measure_uploads(parse_number("COUNT", count)?, parse_number("BYTES", bytes)?)?
        }
        ["page", "make", dir] => page::make_year(Path::new(dir))?,
        ["page", "serve", dir] => page::serve_page(Path::new(dir))?,
        ["page", "ask", link] => page::ask_page(link, false)?,
        ["page", "ask", link, "quick"] => page::ask_page(link, true)?,
        ["sealing", chore, dir, options @ ..] => {
            sealing::run_chore(chore, Path::new(dir), options)?
        }
        _ => bail!(USAGE),
    };
    println!("{figures}");
    Ok(())
}

fn parse_number(name: &str, text: &str) -> Result<u32> {
    text.parse()
        .with_context(|| format!("{name} must be a whole number"))
}
