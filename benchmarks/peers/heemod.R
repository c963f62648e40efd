# Draws of a model of four states, two strategies and 20 cycles in heemod, beside
#   kinderwerk model scenarios/published/hiv-uncertain-briggs2006.yaml --persons 1000 --draws 10000
# Run with: Rscript benchmarks/peers/heemod.R 1000. The moves and costs are those of that file, with the distributions
# that heemod offers for them; what is compared is time, not figures.
suppressMessages(library(heemod))

draws <- as.integer(commandArgs(TRUE)[1])
values <- define_parameters(
  risk = ifelse(model_time <= 2, .509, 1), second = ifelse(model_time <= 2, 2086.5, 0),
  care_a = 2756, care_b = 3052, care_c = 9007,
  a_stays = .721, a_b = .202, a_c = .067, a_dead = .01, b_c = .407, b_dead = .012, c_dead = .25
)
states <- c("A", "B", "C", "Dead")
moves <- define_transition(
  state_names = states, C, a_b, a_c, a_dead, 0, C, b_c, b_dead, 0, 0, C, c_dead, 0, 0, 0, 1
)
fewer <- define_transition(
  state_names = states,
  C, a_b * risk, a_c * risk, a_dead * risk, 0, C, b_c * risk, b_dead * risk, 0, 0, C, c_dead * risk, 0, 0, 0, 1
)
dead <- define_state(cost = 0, life = 0)
one <- define_strategy(
  transition = moves, Dead = dead,
  A = define_state(cost = discount(care_a + 2278, .06), life = 1),
  B = define_state(cost = discount(care_b + 2278, .06), life = 1),
  C = define_state(cost = discount(care_c + 2278, .06), life = 1)
)
two <- define_strategy(
  transition = fewer, Dead = dead,
  A = define_state(cost = discount(care_a + 2278 + second, .06), life = 1),
  B = define_state(cost = discount(care_b + 2278 + second, .06), life = 1),
  C = define_state(cost = discount(care_c + 2278 + second, .06), life = 1)
)
base <- run_model(
  one = one, two = two, parameters = values, cycles = 20, cost = cost, effect = life, method = "life-table"
)
drawn <- define_psa(
  care_a ~ gamma(mean = 2756, sd = 2002), care_b ~ gamma(mean = 3052, sd = 2186),
  care_c ~ gamma(mean = 9007, sd = 7247), c_dead ~ binomial(prob = .25, size = 1749),
  a_stays + a_b + a_c + a_dead ~ multinomial(1251, 350, 116, 17)
)
print(system.time(run_psa(base, psa = drawn, N = draws)))
