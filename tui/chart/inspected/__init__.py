"""Pictures of the inspector: landscapes and their sections, decision regions."""
