using System.Buffers.Binary;
using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Controllers.Deployments;

/// <summary>A short name for a pod template, which replica sets and pods carry as a label.</summary>
/// <remarks>Of the form that Kubernetes gives it: FNV-1a in digits that make no words. Its value is nobody's interface.</remarks>
internal static class TemplateHash
{
    /// <summary>The label.</summary>
    public const string Label = "pod-template-hash";

    private const string Digits = "bcdfghjklmnpqrstvwxz2456789";
    private const uint FnvBasis = 2166136261;
    private const uint FnvPrime = 16777619;

    /// <summary>The hash of a template.</summary>
    /// <param name="template">The template.</param>
    /// <param name="collisions">How often the hash was that of another template; each time makes another one.</param>
    public static string Of(V1PodTemplateSpec template, int? collisions)
    {
        var hash = Add(FnvBasis, ObjectCodec.Encode(template));
        if (collisions is { } count)
        {
            Span<byte> bytes = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, count);
            hash = Add(hash, bytes);
        }

        return string.Concat(hash.ToString(CultureInfo.InvariantCulture).Select(digit => Digits[digit % Digits.Length]));
    }

    private static uint Add(uint hash, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
            hash = unchecked((hash ^ value) * FnvPrime);
        return hash;
    }
}
