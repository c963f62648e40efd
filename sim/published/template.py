"""A commented model file to start from (`kinderwerk new --kind model`)."""

TEMPLATE = """\
# A state-transition model. Change the figures, check it:   kinderwerk check FILE
# Run it:                                                   kinderwerk model FILE --persons 100000
# With what is not known:                                   kinderwerk model FILE --draws 1000 --one-way
# All that a file may say: docs/models.md.

kind: model
title: My model
source: Figures made up, to start from.

states: [Well, Ill, Dead]
start: Well                   # everyone; or shares, as {Well: 0.9, Ill: 0.1}
cycle_years: 1/12             # a cycle is a month
cycles: 120                   # ten years
age: 40                       # at the start; leave it out where nothing depends on it
timing: half-cycle            # when rewards count: start, end, half-cycle, every-cycle
rewards_per: year             # rewards below are per year; or per cycle
discount: {cost: 0.03, effect: 0.015}   # per year

# Numbers with a name. Each may use those above it, cycle, age and what groups and tables give.
parameters:
  # What is not known has a distribution; the base case takes its mean.
  ratio_if_treated: {lognormal: {mean: 0.7, sd: 0.1}}
  price: {gamma: {mean: 300, sd: 60}}
  ratio: 1
  death: 0.01 * 1.08 ** (age - 40)
  cost_of_treatment: 0

# Out of a state: a yearly rate, or a probability per cycle. What is left over stays.
transitions:
  - {from: Well, to: Ill, rate: 0.15 * ratio}
  - {from: Ill, to: Well, rate: 0.5 / (1 + time_in_state / 12)}   # harder the longer one is ill
  - {from: Well, to: Dead, rate: death}
  - {from: Ill, to: Dead, rate: 3 * death}

rewards:
  Well: {cost: cost_of_treatment, effect: 1}
  Ill: {cost: 4000 + cost_of_treatment, effect: 0.7}
  Dead: {cost: 0, effect: 0}

# What coming into a state costs or gives, once; it may differ by the state that was left.
on_entry:
  Ill: {cost: 250}
  Dead: {cost: 500, from: {Ill: {cost: 2000}}}

# The first strategy is the one that the others are compared with. Each says only what it changes.
strategies:
  usual: {}
  treatment:
    parameters: {ratio: ratio_if_treated, cost_of_treatment: price}
"""
