namespace AiOrchestrator.Core.Traffic.Experiments.Statistics;

/// <summary>The functions that tests need and .NET lacks; correct to 12 significant digits or more, which is tested against values computed to 30.</summary>
internal static class SpecialFunctions
{
    private const double Tiny = 1e-300;
    private const double Precision = 1e-16;

    /// <summary>The beta function's fraction needs some times the root of its larger parameter; a bound for what is no number.</summary>
    private const int MostTerms = 100_000;

    /// <summary>From here on the series of differences of logarithms of the gamma function is exact.</summary>
    private const double FarAway = 30;

    private static readonly double RootOfPi = Math.Sqrt(Math.PI);

    private static readonly double[] Lanczos =
    [
        0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
        12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
    ];

    /// <summary>The complementary error function: a series of positive terms near 0, a continued fraction (Abramowitz and Stegun, 7.1.6 and 7.1.14) beyond.</summary>
    public static double Erfc(double x)
    {
        if (x < 0)
        {
            return 2 - Erfc(-x);
        }

        return x < 2 ? 1 - ErfNearZero(x) : Math.Exp(-x * x) / (RootOfPi * ErfcFraction(x));
    }

    /// <summary>How likely a normal variable is at most <paramref name="z"/>.</summary>
    public static double NormalCdf(double z) => Erfc(-z / Math.Sqrt(2)) / 2;

    /// <summary>How likely a normal variable is as far from 0 as <paramref name="z"/>, on either side.</summary>
    public static double NormalTwoSided(double z) => Erfc(Math.Abs(z) / Math.Sqrt(2));

    /// <summary>The value a normal variable does not exceed with a probability: by bisection, then Newton's steps.</summary>
    /// <param name="probability">Above 0 and below 1.</param>
    public static double NormalQuantile(double probability)
    {
        var (low, high) = (-40.0, 40.0);
        for (var i = 0; i < 20; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = NormalCdf(middle) < probability ? (middle, high) : (low, middle);
        }

        var z = (low + high) / 2;
        for (var i = 0; i < 4; i++)
        {
            z -= (NormalCdf(z) - probability) * Math.Sqrt(2 * Math.PI) * Math.Exp(z * z / 2);
        }

        return z;
    }

    /// <summary>How likely a variable of Student's t distribution is as far from 0 as <paramref name="t"/>, on either side (Abramowitz and Stegun, 26.5.27 and 26.7.1).</summary>
    /// <param name="t">The value.</param>
    /// <param name="degrees">Degrees of freedom, above 0; need not be whole.</param>
    public static double StudentTwoSided(double t, double degrees)
    {
        var square = t * t;
        if (double.IsPositiveInfinity(square))
        {
            return 0;
        }

        // Both x and 1 - x as they are: neither loses its digits in a difference.
        return BetaWithHalf(degrees / 2, degrees / (degrees + square), square / (degrees + square), square / degrees);
    }

    /// <summary>The regularised incomplete beta function with parameters a and ½.</summary>
    private static double BetaWithHalf(double a, double x, double rest, double ratio)
    {
        if (rest == 0)
        {
            return 1;
        }

        // x^a (1-x)^½ / B(a, ½), where x = 1 / (1 + ratio).
        var front = Math.Exp((-a * LogOnePlus(ratio)) + LogGammaStep(a)) * Math.Sqrt(rest) / RootOfPi;
        return x < (a + 1) / (a + 2.5)
            ? front * BetaFraction(a, 0.5, x) / a
            : 1 - (front * BetaFraction(0.5, a, rest) / 0.5);
    }

    private static double ErfNearZero(double x)
    {
        var (term, sum) = (x, x);
        for (var n = 1; term > sum * Precision; n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / RootOfPi * Math.Exp(-x * x) * sum;
    }

    /// <summary>x + ½/(x + 1/(x + 3/2/(x + …))), by Lentz' method.</summary>
    private static double ErfcFraction(double x)
    {
        var (fraction, c, d) = (x, x, 0.0);
        for (var n = 1; n < MostTerms; n++)
        {
            d = 1 / (x + (n / 2.0 * d));
            c = x + (n / 2.0 / c);
            var step = c * d;
            fraction *= step;
            if (Math.Abs(step - 1) < Precision)
            {
                break;
            }
        }

        return fraction;
    }

    /// <summary>The continued fraction of the incomplete beta function (Abramowitz and Stegun, 26.5.8), by Lentz' method.</summary>
    private static double BetaFraction(double a, double b, double x)
    {
        var (c, d) = (1.0, Inverse(1 - ((a + b) * x / (a + 1))));
        var fraction = d;
        for (var m = 1; m < MostTerms; m++)
        {
            var even = m * (b - m) * x / ((a + (2 * m) - 1) * (a + (2 * m)));
            d = Inverse(1 + (even * d));
            c = NotZero(1 + (even / c));
            fraction *= d * c;
            var odd = -(a + m) * (a + b + m) * x / ((a + (2 * m)) * (a + (2 * m) + 1));
            d = Inverse(1 + (odd * d));
            c = NotZero(1 + (odd / c));
            fraction *= d * c;
            if (Math.Abs((d * c) - 1) < Precision)
            {
                break;
            }
        }

        return fraction;
    }

    private static double Inverse(double value) => 1 / NotZero(value);

    private static double NotZero(double value) => Math.Abs(value) < Tiny ? Tiny : value;

    /// <summary>ln(Γ(a + ½) / Γ(a)): far away by its own series, since the difference of two large logarithms has few digits left (DLMF 5.11.13).</summary>
    private static double LogGammaStep(double a)
    {
        if (a < FarAway)
        {
            return LogGamma(a + 0.5) - LogGamma(a);
        }

        var inverse = 1 / a;
        var square = inverse * inverse;
        return (Math.Log(a) / 2) - (inverse * ((1.0 / 8) - (square * ((1.0 / 192) - (square * ((1.0 / 640) - (square * ((17.0 / 14336) - (square * 31.0 / 18432)))))))));
    }

    /// <summary>The logarithm of the gamma function above 0 (Lanczos, SIAM J. Numer. Anal. 1, 1964; nine terms, g = 7).</summary>
    private static double LogGamma(double x)
    {
        if (x < 0.5)
        {
            return Math.Log(Math.PI / Math.Sin(Math.PI * x)) - LogGamma(1 - x);
        }

        x -= 1;
        var sum = Lanczos[0];
        for (var i = 1; i < Lanczos.Length; i++)
        {
            sum += Lanczos[i] / (x + i);
        }

        var t = x + 7.5;
        return (Math.Log(2 * Math.PI) / 2) + ((x + 0.5) * Math.Log(t)) - t + Math.Log(sum);
    }

    /// <summary>ln(1 + x) without losing the digits of a small x (Kahan).</summary>
    private static double LogOnePlus(double x)
    {
        var sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * x / (sum - 1);
    }
}
