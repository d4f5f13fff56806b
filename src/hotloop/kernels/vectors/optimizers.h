/* Steps of minibatch training, for one REAL type: n weights w along their gradients g, with L2 of strength alpha. */
static void NAME(momentum)(
    ptrdiff_t n, const REAL *restrict g, REAL *restrict w, REAL *restrict velocity, REAL eta, REAL alpha, REAL momentum, int nesterov)
{
    for (ptrdiff_t j = 0; j < n; j++) {
        const REAL step = eta * (g[j] + alpha * w[j]), v = momentum * velocity[j] - step;
        velocity[j] = v;
        w[j] += nesterov ? momentum * v - step : v;
    }
}

static void NAME(adam)(
    ptrdiff_t n, const REAL *restrict g, REAL *restrict w, REAL *restrict first, REAL *restrict second, const struct adam_rule *rule)
{
    const REAL eta = (REAL)rule->eta, alpha = (REAL)rule->alpha, decay = (REAL)rule->decay;
    const REAL beta1 = (REAL)rule->beta_1, beta2 = (REAL)rule->beta_2, epsilon = (REAL)rule->epsilon;
    for (ptrdiff_t j = 0; j < n; j++) {
        const REAL gradient = g[j] + alpha * w[j];
        const REAL m = beta1 * first[j] + (1 - beta1) * gradient, v = beta2 * second[j] + (1 - beta2) * gradient * gradient;
        first[j] = m, second[j] = v;
        w[j] = decay * w[j] - eta * m / (ROOT(v) + epsilon);
    }
}
