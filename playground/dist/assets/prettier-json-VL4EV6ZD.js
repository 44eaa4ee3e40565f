import{c as r,d as n}from"./chunk-S44Q3F3Y.js";import{f as e}from"./chunk-IX2RVLNK.js";e();var a={jsonc:{parse:t=>({text:t}),astFormat:"jsonc",locStart:()=>0,locEnd:({text:t})=>t.length}},i={jsonc:{print:({node:t})=>n(t.text,r(t.text,void 0,o)).trim()}},o={tabSize:2,insertSpaces:!0,eol:`
`};export{a as parsers,i as printers};
