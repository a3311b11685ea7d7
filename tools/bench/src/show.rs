//! A window that fills the screen with one of the drawn screens.

use crate::screens;
use anyhow::{Context, Result, ensure};
use lab::desktop::{Fill, TestWindow, WindowSpec};
use std::io::Read;
use std::path::Path;

/// Shows the screen called `name`, prints `{"window":ID}` once its window is the active one, and returns when standard
/// input is closed. `save` gets the same screen as PPM.
///
/// # Errors
/// When there is no such screen, or no X server at `DISPLAY`.
pub(crate) fn show_screen(name: &str, save: Option<&Path>) -> Result<()> {
    let drawn = screens::draw_screen(name)?;
    if let Some(file) = save {
        fs_err::write(file, drawn.to_ppm())?;
    }
    let display = std::env::var("DISPLAY").context("DISPLAY is not set")?;
    let pixels = drawn.rgb.chunks_exact(3);
    let pixels: Vec<u32> = pixels
        .map(|p| u32::from_be_bytes([0, p[0], p[1], p[2]]))
        .collect();
    let size = (u16::try_from(drawn.width)?, u16::try_from(drawn.height)?);
    let spec = WindowSpec::new(&format!("{name} - bench"), "Bench", 0, 0)
        .sized(size.0, size.1)
        .undecorated()
        .filled(Fill::Image(pixels.leak(), drawn.width));
    let window = TestWindow::open(&display, spec)?;
    window.activate()?;
    let inside = window.inside()?;
    ensure!(
        inside == (0, 0, size.0, size.1),
        "the window is at {inside:?}"
    );
    println!("{}", serde_json::json!({ "window": window.id() }));
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
