//! Driver images: loading, relocating, protecting, resolving imports.
