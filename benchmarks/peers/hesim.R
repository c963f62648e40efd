# Draws of a model of four states, two strategies and 20 cycles in hesim (a cohort in C++), beside
#   kinderwerk model scenarios/published/hiv-uncertain-briggs2006.yaml --persons 1000 --draws 10000
# Run with: Rscript benchmarks/peers/hesim.R 10000. The model is that of its vignette "Simple Markov Cohort Model", with
# the counts, costs and distributions of that file; only the half cycle of life years is left out. hesim 0.5.6 is at
# github.com/hesim-dev/hesim; it installs without flexsurv, which only its survival models need, once DESCRIPTION does
# not name that.
suppressMessages(library(hesim))
suppressMessages(library(data.table))
setDTthreads(1)

draws <- as.integer(commandArgs(TRUE)[1])
counts <- matrix(
  c(1251, 350, 116, 17, 0, 731, 512, 15, 0, 0, 1312, 437, 0, 0, 0, 1),
  nrow = 4, byrow = TRUE, dimnames = list(c("A", "B", "C", "D"), c("A", "B", "C", "D"))
)
compared <- hesim_data(
  strategies = data.table(strategy_id = 1:2, strategy_name = c("Monotherapy", "Combination therapy")),
  patients = data.table(patient_id = 1),
  states = data.table(state_id = 1:3, state_name = c("A", "B", "C"))
)
known <- list(
  counts = counts, hospital = c(A = 1701, B = 1774, C = 6948), community = c(A = 1055, B = 1278, C = 2059)
)

run <- function() {
  drawn <- define_rng({
    list(
      p = dirichlet_rng(counts), ratio = lognormal_rng(log(.509), .173),
      hospital = gamma_rng(mean = hospital, sd = hospital), community = gamma_rng(mean = community, sd = community),
      life = 1
    )
  }, n = draws)
  made <- define_tparams({
    worse <- ifelse(strategy_name == "Monotherapy" | time > 2, 1, ratio)
    list(
      tpmatrix = tpmatrix(
        C, p$A_B * worse, p$A_C * worse, p$A_D * worse,
        0, C, p$B_C * worse, p$B_D * worse,
        0, 0, C, p$C_D * worse,
        0, 0, 0, 1
      ),
      utility = life,
      costs = list(
        drug = ifelse(strategy_name == "Monotherapy" | time > 2, 2278, 2278 + 2086.5),
        community = community, hospital = hospital
      )
    )
  }, times = c(2, Inf))
  model <- create_CohortDtstm(
    define_model(tparams_def = made, rng_def = drawn, params = known),
    expand(compared, by = c("strategies", "patients"))
  )
  model$sim_stateprobs(n_cycles = 20)
  model$sim_qalys(dr = 0, integrate_method = "riemann_right")
  model$sim_costs(dr = .06, integrate_method = "riemann_right")
  model$summarize()
}

print(system.time(found <- run()))
cost <- found$costs[category == "total", .(mean = mean(costs)), by = strategy_id]$mean
life <- found$qalys[, .(mean = mean(qalys)), by = strategy_id]$mean
cat("increments of cost and life years:", diff(cost), diff(life), "\n")
