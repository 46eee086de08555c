namespace OrleansOrchestrator.Model.Quantities;

/// <summary>Why a text is not a quantity.</summary>
internal enum QuantityFault
{
    None,
    Format,
    Numeric,
    Suffix,
}
