using System.Text;

namespace OrleansOrchestrator.Node.Dns;

/// <summary>A question to servers outside the cluster. Two are equal if they differ only in the case of the name.</summary>
internal sealed class UpstreamQuestion : IEquatable<UpstreamQuestion>
{
    private readonly string _key;

    /// <param name="question">Name, type and class.</param>
    /// <param name="wantsSignatures">Whether the answer should have signatures.</param>
    /// <param name="isCheckingDisabled">Whether the server should not check them.</param>
    public UpstreamQuestion(byte[] question, bool wantsSignatures, bool isCheckingDisabled)
    {
        Question = question;
        WantsSignatures = wantsSignatures;
        IsCheckingDisabled = isCheckingDisabled;
        Span<byte> key = stackalloc byte[question.Length + 1];
        question.CopyTo(key);
        WireName.ToLower(key[..^5]);
        key[^1] = (byte)((wantsSignatures ? 2 : 0) | (isCheckingDisabled ? 1 : 0));
        _key = Encoding.Latin1.GetString(key);
    }

    public byte[] Question { get; }

    public bool WantsSignatures { get; }

    public bool IsCheckingDisabled { get; }

    /// <summary>The same question about another name.</summary>
    public UpstreamQuestion About(byte[] name) => new([.. name, .. Question.AsSpan(^4..)], WantsSignatures, IsCheckingDisabled);

    /// <inheritdoc/>
    public bool Equals(UpstreamQuestion? other) => other?._key == _key;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as UpstreamQuestion);

    /// <inheritdoc/>
    public override int GetHashCode() => _key.GetHashCode(StringComparison.Ordinal);
}
