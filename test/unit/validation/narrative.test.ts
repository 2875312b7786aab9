/** The narrative's allow-list, and what a browser would read otherwise than an XML parser. */
import { describe, expect, it } from '@jest/globals';
import { narrativeFault } from '../../../src/validation/narrative/check.js';

const div = (inner: string): string => `<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>`;

describe('a narrative', () => {
  it.each([
    'text', '<p>a &amp; b &lt; c &nbsp;&#169;&#xA9;</p>', '<img src="a.png" alt="b"/>', '<a href="http://example.org/x?y=1&amp;z=2">a</a>', '<a name="x"/>b',
    '<!-- a comment -->a', '<table border="1"><tbody><tr><td colspan="2" style="color: red; background: url(data:image/png;base64,AAAA)">x</td></tr></tbody></table>',
    `<a title='single "quoted"'>a</a>`, '<img src="data:image/png;base64,iVBORw0KGgo="/>', '<a href="#here">a</a>', '<p lang="en" xml:lang="en">a</p>', '<br/>a<hr />', '<a href="mailto:a@example.org">a</a>', '<a href="https://example.org">a</a>', '<a href="Patient/1">a</a>', '<p style="background: url(tbl.png)">a</p>',
  ])('may have %s', (inner) => {
    expect(narrativeFault(div(inner))).toBeUndefined();
  });

  it.each([
    ['<script>alert(1)</script>', 'must not have <script>'], ['<p onclick="a()">a</p>', 'attribute onclick'], ['<a href="javascript:alert(1)">a</a>', 'URL in href'],
    ['<a href="java&#x9;script:alert(1)">a</a>', 'URL in href'], ['<a href=" JavaScript:alert(1)">a</a>', 'URL in href'], ['<a href="&#106;avascript:alert(1)">a</a>', 'URL in href'],
    ['<a href="data:text/html,x">a</a>', 'URL in href'], ['<img src="data:image/svg+xml;base64,x"/>', 'URL in src'], ['<a href="vbscript:x">a</a>', 'URL in href'],
    ['<form action="/">a</form>', 'must not have <form>'], ['<input/>', 'must not have <input>'], ['<iframe src="x"/>', 'must not have <iframe>'], ['<object/>', 'must not have <object>'],
    ['<link rel="stylesheet" href="x"/>', 'must not have <link>'], ['<style>p{}</style>', 'must not have <style>'], ['<svg/>', 'must not have <svg>'], ['<P>a</P>', 'must not have <P>: only basic formatting is allowed, did you mean <p>?'],
    ['<p style="width: expression(alert(1))">a</p>', 'style'], ['<p style="background: url(javascript:x)">a</p>', 'style'], ['<p style="@import url(x.css)">a</p>', 'style'], ['<p style="b\\65havior: x">a</p>', 'style'],
    ['<p style="background: url(http://evil.example/x)">a</p>', 'style'], ['<p style="background: url(//evil.example/x)">a</p>', 'style'], ['<p style="background:url()">a</p>', 'style'], ['<img src="x" onerror="alert(1)"/>', 'attribute onerror'],
    ...[' ', '\t', '\r', '\n', '\u0001', '\u001f', '&#9;', '&#10;', '&#13;', '&#x20;'].map((lead): [string, string] => [`<a href="${lead}javascript:alert(1)">a</a>`, (lead < '\t' || lead === '\u001f') ? '' : 'URL in href']),
    ['<a href="JaVaScRiPt:alert(1)">a</a>', 'URL in href'], ['<a href="java\nscript:alert(1)">a</a>', 'URL in href'], ['<a href="VBScript:x">a</a>', 'URL in href'], ['<a href="file:///etc/passwd">a</a>', 'URL in href'], ['<a href="feed:javascript:x">a</a>', 'URL in href'],
    ['<img src="\tjavascript:x"/>', 'URL in src'], ['<a href="javascript&colon;x">a</a>', ''], ['<x:script xmlns:x="http://www.w3.org/1999/xhtml">a</x:script>', ''], ['<p xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="javascript:x">a</p>', ''],
    ['<p>a', 'does not close <p>'], ['<p>a</b></p>', '</b> does not close <p>'], ['a < b', '"&lt;"'], ['a & b', '"&amp;"'], ['&bogus;a', 'unknown entity &bogus;'], ['&#0;a', 'no character'], ['&#x110000;a', 'no character'],
    ['<p class=a>a</p>', 'value in quotes'], ['<td nowrap>a</td>', 'value in quotes'], ['<p class="a" class="b">a</p>', 'twice'], ['<p class="a<b">a</p>', 'value in quotes'],
    ['<![CDATA[a]]>', 'CDATA'], ['<?php a ?>a', 'processing instruction'], ['<!DOCTYPE a>a', 'DOCTYPE'], ['<!--> <script>alert(1)</script> -->a', 'comment'], ['<!-- a -- b -->a', 'comment'], ['<!---> a -->a', 'comment'], ['<!-- a', 'comment'],
    ['', 'txt-2'], [' \n\t', 'txt-2'], ['<p> &nbsp;&#160;\u00a0</p>', 'txt-2'], ['<b xmlns="http://www.w3.org/2000/svg">a</b>', 'xmlns'],
  ])('must not have %s', (inner, what) => {
    expect(narrativeFault(div(inner))).toContain(what);
  });

  it.each([
    ['<div>a</div>', 'must have xmlns='], ['<p xmlns="http://www.w3.org/1999/xhtml">a</p>', 'one <div>'], ['a', 'one <div>'], [`${div('a')}b`, 'nothing after it'],
    [`${div('a')}${div('b')}`, 'nothing after it'], [`<!-- a -->${div('a')}`, 'nothing before it'], ['<div xmlns="http://example.org/">a</div>', 'must have xmlns='], [`<?xml version="1.0"?>${div('a')}`, 'nothing before it'],
    ['<div xmlns="http://www.w3.org/1999/xhtml">a', '<div> is not closed'], [7, 'text'], [`${'<div xmlns="http://www.w3.org/1999/xhtml">'.repeat(300)}a`, 'nests more'],
  ])('is not %s', (text, what) => {
    expect(narrativeFault(text)).toContain(what);
  });
});
