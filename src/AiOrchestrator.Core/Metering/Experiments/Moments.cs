using System.Numerics;

namespace AiOrchestrator.Core.Metering.Experiments;

/// <summary>Sums over whole numbers, from which mean and variance follow exactly, in whichever order and parts they were added up.</summary>
/// <param name="Count">How many numbers.</param>
/// <param name="Sum">Of the numbers.</param>
/// <param name="SumOfSquares">Of their squares; 0 or more.</param>
public readonly record struct Moments(long Count, Int128 Sum, Int128 SumOfSquares)
{
    /// <summary>The mean; 0 of none.</summary>
    public double Mean => Count == 0 ? 0 : (double)Sum / Count;

    /// <summary>The variance of what they are a sample of, with one degree of freedom less than there are numbers; 0 of fewer than two.</summary>
    public double Variance
    {
        get
        {
            if (Count < 2)
            {
                return 0;
            }

            // Exact until the last step: the difference of two large numbers that are almost the same keeps all its digits.
            var spread = ((BigInteger)Count * (BigInteger)SumOfSquares) - ((BigInteger)Sum * (BigInteger)Sum);
            return (double)spread / ((double)Count * (Count - 1));
        }
    }

    /// <summary>How much another mean is above this one; exact until the last step, like the variance. Neither may be of none.</summary>
    public double MeanBelow(in Moments other)
    {
        var difference = ((BigInteger)other.Sum * Count) - ((BigInteger)Sum * other.Count);
        return (double)difference / ((double)Count * other.Count);
    }

    /// <summary>With one number more.</summary>
    public Moments With(long number) => new(Count + 1, Sum + number, SumOfSquares + ((Int128)number * number));

    /// <summary>Both together.</summary>
    public static Moments operator +(Moments left, Moments right) => new(left.Count + right.Count, left.Sum + right.Sum, left.SumOfSquares + right.SumOfSquares);
}
