"""What the pages share: words, number formats, the scenario in hand, answers, charts."""
