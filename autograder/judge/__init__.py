"""From one submission to its verdicts. `inside` is what runs in the sandbox."""
