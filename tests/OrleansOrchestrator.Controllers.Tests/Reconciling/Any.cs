using CsCheck;

namespace OrleansOrchestrator.Controllers.Tests.Reconciling;

/// <summary>Generators that CsCheck does not bring.</summary>
internal static class Any
{
    public static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    /// <summary>True once in <paramref name="n"/> times.</summary>
    public static Gen<bool> Rarely(int n) => Gen.Int[1, n].Select(i => i == 1);
}
